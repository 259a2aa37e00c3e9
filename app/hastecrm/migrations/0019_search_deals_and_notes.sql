-- phase: expand
-- compatible-from: 5
-- Deals and notes can be found, too.

SELECT hastecrm_searchable('deals', 3::smallint, '{title}', '{}', '{description}');
SELECT hastecrm_searchable('notes', 4::smallint, '{}', '{}', '{body}');
