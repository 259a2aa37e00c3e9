-- phase: data
-- compatible-from: 5
-- batch: deals.id 2000
-- And what the deals have in such fields already.

SELECT hastecrm_search_add_custom('deals', 3::smallint, $1, $2);
