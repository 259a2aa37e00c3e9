-- phase: data
-- compatible-from: 5
-- batch: contacts.id 2000
-- The contacts that are there already are compared, too.

SELECT hastecrm_match_fill_contacts($1, $2);
