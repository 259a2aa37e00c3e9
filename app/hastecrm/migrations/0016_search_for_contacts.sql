-- phase: data
-- compatible-from: 5
-- batch: contacts.id 2000
-- The contacts that are there already can be found, too.

SELECT hastecrm_search_fill_contacts($1, $2);
