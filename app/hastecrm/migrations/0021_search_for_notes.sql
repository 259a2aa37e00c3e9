-- phase: data
-- compatible-from: 5
-- batch: notes.id 2000
-- And the notes.

SELECT hastecrm_search_fill_notes($1, $2);
