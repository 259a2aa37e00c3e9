-- phase: data
-- compatible-from: 5
-- batch: companies.id 2000
-- And what the companies have in such fields already.

SELECT hastecrm_search_add_custom('companies', 2::smallint, $1, $2);
