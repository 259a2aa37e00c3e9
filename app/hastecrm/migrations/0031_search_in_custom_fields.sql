-- phase: expand
-- compatible-from: 5
-- What a workspace keeps in fields of its own can be found, too: texts and numbers, as what else is said of a record.

CREATE FUNCTION hastecrm_values(custom jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN custom <> '{}' THEN (
        SELECT string_agg(one #>> '{}', ' ')
        FROM jsonb_path_query(custom, 'strict $.** ? (@.type() == "string" || @.type() == "number")') AS one) END
$$;

-- For records that were there before: adds the words that their entries do not have. Returns a row for each word.
CREATE FUNCTION hastecrm_search_add_custom(searched regclass, kind smallint, first uuid, last uuid)
RETURNS SETOF integer LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($statement$
        WITH told AS MATERIALIZED (
            SELECT workspace_id, record_id, word FROM %s JOIN search_documents USING (workspace_id),
                LATERAL unnest(hastecrm_words(left(hastecrm_values(custom), 2000))) AS word
            WHERE id BETWEEN $1 AND $2 AND record_id = id AND custom <> '{}' AND deleted_at IS NULL
                AND ' ' || words || ' ' NOT LIKE '%% ' || word || ' %%'
        ), documents AS (
            UPDATE search_documents AS document SET words = words || ' ' || more FROM (
                SELECT workspace_id, record_id, string_agg(word, ' ') AS more FROM told GROUP BY 1, 2
            ) AS told
            WHERE document.workspace_id = told.workspace_id AND document.record_id = told.record_id
        )
        INSERT INTO search_words (workspace_id, word, kind, rank, record_id)
        SELECT DISTINCT workspace_id, word, $3, 0, record_id FROM told WHERE length(word) BETWEEN 2 AND 40
        RETURNING 1
    $statement$, searched) USING first, last, kind;
END $$;

-- As before, and `texts` may name the column `custom`. May be called again for a table, with other columns.
CREATE OR REPLACE FUNCTION hastecrm_searchable(
    watched regclass, kind smallint, names text[], ties text[] DEFAULT '{}', texts text[] DEFAULT '{}',
    addresses text[] DEFAULT '{}', phone text[] DEFAULT '{}'
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_owned boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = watched AND attname = 'owner_id');
    is_kept boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = watched AND attname = 'deleted_at');
    watching text[] := names || ties || texts || addresses || phone || CASE WHEN is_kept THEN '{deleted_at}' ELSE '{}' END::text[];
    changed text := format('(SELECT %%s.* FROM before JOIN now USING (id) WHERE (%s) IS DISTINCT FROM (%s))',
        (SELECT string_agg('before.' || one, ', ') FROM unnest(watching) AS one),
        (SELECT string_agg('now.' || one, ', ') FROM unnest(watching) AS one));
    missing text := format('(SELECT * FROM %s AS every WHERE id BETWEEN $1 AND $2 AND NOT EXISTS (SELECT FROM '
        'search_documents AS known WHERE known.workspace_id = every.workspace_id AND known.record_id = every.id))', watched);
    said jsonb := jsonb_build_object('kind', kind, 'owner', CASE WHEN is_owned THEN 'owner_id' ELSE 'NULL::uuid' END,
        'living', CASE WHEN is_kept THEN 'deleted_at IS NULL' ELSE 'true' END,
        'names', coalesce(nullif(array_to_string(names, ', '), ''), 'NULL'), 'ties', coalesce(nullif(array_to_string(ties, ', '), ''), 'NULL'),
        'texts', coalesce(nullif(array_to_string(array_replace(texts, 'custom', 'hastecrm_values(custom)'), ', '), ''), 'NULL'),
        'addresses', coalesce(nullif(array_to_string(addresses, ', '), ''), 'NULL'),
        'phone', coalesce(nullif(array_to_string(phone, ', '), ''), 'NULL'));
    -- Few rows or many, and whatever the tables were like when the plan was made: along an index, row by row.
    plan constant text := 'SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off';
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION hastecrm_search_%s() RETURNS trigger LANGUAGE plpgsql %s AS %L', watched, plan,
        -- As the system: what becomes of a record was allowed where it is, and the index follows, also to an owner whom
        -- the writer does not see.
        'DECLARE told text := coalesce(current_setting(''hastecrm.system'', true), ''''); '
        'BEGIN PERFORM set_config(''hastecrm.system'', ''on'', true); IF TG_OP = ''INSERT'' THEN ' || hastecrm_search_adding('now', said)
        || 'ELSIF TG_OP = ''DELETE'' THEN ' || hastecrm_search_removing('before', said)
        || 'ELSE '
        || CASE WHEN is_owned THEN 'UPDATE search_documents AS document SET owner_id = now.owner_id '
            'FROM before JOIN now USING (id) WHERE document.workspace_id = now.workspace_id '
            'AND document.record_id = now.id AND before.owner_id IS DISTINCT FROM now.owner_id; ' ELSE '' END
        || 'IF EXISTS ' || format(changed, 'now') || ' THEN '
        || hastecrm_search_removing(format(changed, 'before'), said) || hastecrm_search_adding(format(changed, 'now'), said)
        || 'END IF; END IF; PERFORM set_config(''hastecrm.system'', told, true); RETURN NULL; END');
    EXECUTE format('CREATE OR REPLACE FUNCTION hastecrm_search_fill_%s(uuid, uuid) RETURNS SETOF integer LANGUAGE plpgsql %s AS %L',
        watched, plan,
        'DECLARE filled integer; BEGIN '
        -- Whoever changes one of them meanwhile waits, and finds its words; whoever refers to one does not wait.
        || format('PERFORM FROM %s WHERE id BETWEEN $1 AND $2 FOR NO KEY UPDATE; GET DIAGNOSTICS filled = ROW_COUNT; ', watched)
        || hastecrm_search_adding(missing, said) || 'RETURN QUERY SELECT generate_series(1, filled); END');
    EXECUTE format('CREATE OR REPLACE TRIGGER search_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS now '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_search_%s()', watched, watched);
    EXECUTE format('CREATE OR REPLACE TRIGGER search_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS before NEW TABLE AS now '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_search_%s()', watched, watched);
    EXECUTE format('CREATE OR REPLACE TRIGGER search_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS before '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_search_%s()', watched, watched);
END $$;

SELECT hastecrm_searchable('contacts', 1::smallint, '{first_name,last_name}', '{company}', '{title,city,custom}', '{email}', '{phone}');
SELECT hastecrm_searchable('companies', 2::smallint, '{name}', '{industry}', '{city,country,custom}', '{domain}', '{phone}');
SELECT hastecrm_searchable('deals', 3::smallint, '{title}', '{}', '{description,custom}');
