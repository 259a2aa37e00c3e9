-- phase: data
-- compatible-from: 5
-- batch: companies.id 2000
-- The companies that are there already are compared, too.

SELECT hastecrm_match_fill_companies($1, $2);
