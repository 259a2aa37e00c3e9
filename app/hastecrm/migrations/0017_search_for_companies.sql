-- phase: data
-- compatible-from: 5
-- batch: companies.id 2000
-- And the companies.

SELECT hastecrm_search_fill_companies($1, $2);
