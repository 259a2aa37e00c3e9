-- phase: data
-- compatible-from: 5
-- batch: contacts.id 2000
-- And what the contacts have in such fields already.

SELECT hastecrm_search_add_custom('contacts', 1::smallint, $1, $2);
