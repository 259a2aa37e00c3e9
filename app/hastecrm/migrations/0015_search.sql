-- phase: expand
-- compatible-from: 5
-- Search over records of every kind. The words of a record are rows of a B-tree, because under row-level security no
-- other index is used: the operators of trigrams, of text search and of arrays are not leakproof. Kept by triggers
-- in the transaction of the change, whoever makes it and however many rows it has.

-- One row for each record: whose it is, and all of its words in the order in which they stand, each after a space;
-- what comes before the first bar is its name.
CREATE TABLE search_documents (
    workspace_id uuid NOT NULL,
    record_id    uuid NOT NULL,
    kind         smallint NOT NULL,  -- 1 contact, 2 company, 3 deal, 4 note
    owner_id     uuid,
    words        text NOT NULL,
    PRIMARY KEY (workspace_id, record_id)
);
CREATE INDEX search_documents_owned ON search_documents (workspace_id, owner_id, record_id);
SELECT hastecrm_walled('search_documents', true);

-- One row for each different word of a record. `rank`: 2 in its name, 1 in what it belongs to, 0 elsewhere.
CREATE TABLE search_words (
    workspace_id uuid NOT NULL,
    word         text COLLATE "C" NOT NULL,
    kind         smallint NOT NULL,
    rank         smallint NOT NULL,
    record_id    uuid NOT NULL
);
-- Read backwards: of one word and kind the best and newest come first. Not unique, so that writing waits for nobody.
CREATE INDEX search_words_read ON search_words (workspace_id, word, kind, rank, record_id);
SELECT hastecrm_walled('search_words', false);

-- How each word may be misspelt: the first seven letters, as they are and with one left out. Two words that differ in
-- one letter have one such variant in common. Two transactions may add the same word, which does no harm.
CREATE TABLE search_typos (
    workspace_id uuid NOT NULL,
    variant      text COLLATE "C" NOT NULL,
    word         text COLLATE "C" NOT NULL
);
CREATE INDEX search_typos_read ON search_typos (workspace_id, variant, word);
SELECT hastecrm_walled('search_typos', false);

-- Small letters without their marks; the same as `fold` in features/search/words.py.
CREATE FUNCTION hastecrm_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(value) = length(value) THEN lower(value) ELSE
        replace(replace(replace(replace(translate(
            lower(regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g')),
            'øłđıð', 'oldid'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') END
$$;
CREATE FUNCTION hastecrm_words(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(string_to_array(nullif(
        btrim(regexp_replace(hastecrm_fold(value), '[^[:alnum:]]+', ' ', 'g')), ''), ' '), '{}')
$$;
CREATE FUNCTION hastecrm_typos(word text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(word, 7)
    UNION SELECT left(word, n - 1) || substr(left(word, 7), n + 1) FROM generate_series(1, least(7, length(word))) AS n
$$;

-- The statements for the rows of `source`, with the columns that `hastecrm_searchable` was told of. One pass over the
-- rows, however many they are; in the order of the index, so that a whole import is fast.
CREATE FUNCTION hastecrm_search_found(source text, said jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT format($statement$
        WITH source AS MATERIALIZED (
            SELECT workspace_id, id AS record_id, %s AS owner_id, hastecrm_words(concat_ws(' ', %s)) AS names,
                hastecrm_words(concat_ws(' ', %s)) AS ties, hastecrm_words(left(concat_ws(' ', %s), 2000)) AS texts,
                -- Everybody's address ends in one of few words, which nobody looks for.
                hastecrm_words(regexp_replace(concat_ws(' ', %s), '\.[^.@ ]*( |$)', ' ', 'g')) AS addresses,
                -- From its end, as a number is known with and without its country.
                nullif(reverse(regexp_replace(concat(%s), '\D', '', 'g')), '') AS phone
            FROM %s AS rows WHERE %s
        ), found AS MATERIALIZED (
            SELECT workspace_id, word, max(rank) AS rank, record_id, bool_or(is_spelt) AS is_spelt
            FROM source, LATERAL (
                SELECT unnest(names) AS word, 2 AS rank, true AS is_spelt
                UNION ALL SELECT unnest(ties), 1, true
                UNION ALL SELECT unnest(addresses), 1, false
                UNION ALL SELECT unnest(texts), 0, true
                UNION ALL SELECT phone, 0, false
            ) AS every
            WHERE length(word) BETWEEN 2 AND 40 GROUP BY workspace_id, word, record_id
        )$statement$,
        said->>'owner', said->>'names', said->>'ties', said->>'texts', said->>'addresses', said->>'phone', source,
        said->>'living')
$$;
CREATE FUNCTION hastecrm_search_adding(source text, said jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT hastecrm_search_found(source, said) || format($statement$,
        documents AS (
            INSERT INTO search_documents (workspace_id, record_id, kind, owner_id, words)
            SELECT workspace_id, record_id, %1$s, owner_id, concat_ws(' ', '', array_to_string(names, ' '), '|',
                array_to_string(ties || addresses || texts, ' '), reverse(phone))
            FROM source
        ), typos AS (
            INSERT INTO search_typos (workspace_id, variant, word)
            SELECT workspace_id, variant, word FROM (
                SELECT DISTINCT workspace_id, word, left(word, 7) AS begin FROM found
                WHERE is_spelt AND length(word) BETWEEN 4 AND 24 AND word !~ '[0-9]'
            ) AS known, hastecrm_typos(word) AS variant
            WHERE NOT EXISTS (
                SELECT FROM search_typos AS typo WHERE typo.workspace_id = known.workspace_id
                -- Not left() itself: an index is only used for what is leakproof.
                AND typo.variant = known.begin AND typo.word = known.word)
            ORDER BY workspace_id, variant
        )
        INSERT INTO search_words (workspace_id, word, kind, rank, record_id)
        SELECT workspace_id, word, %1$s, rank, record_id FROM found ORDER BY workspace_id, word, rank, record_id;
    $statement$, said->>'kind')
$$;
CREATE FUNCTION hastecrm_search_removing(source text, said jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT hastecrm_search_found(source, said) || format($statement$,
        documents AS (
            DELETE FROM search_documents AS document USING source
            WHERE document.workspace_id = source.workspace_id AND document.record_id = source.record_id
        )
        DELETE FROM search_words AS known USING found
        WHERE known.workspace_id = found.workspace_id AND known.word = found.word AND known.kind = %s
        AND known.rank = found.rank AND known.record_id = found.record_id;
    $statement$, said->>'kind')
$$;

-- Makes a table searchable: one line in a migration after the one that makes the table. Columns: `names` are what a
-- record is called, `ties` what it belongs to, `texts` what else is said of it, `addresses` of mail and of sites.
-- Where rows may be there already, a data migration calls hastecrm_search_fill_TABLE($1, $2) for them.
CREATE FUNCTION hastecrm_searchable(
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
        'texts', coalesce(nullif(array_to_string(texts, ', '), ''), 'NULL'),
        'addresses', coalesce(nullif(array_to_string(addresses, ', '), ''), 'NULL'),
        'phone', coalesce(nullif(array_to_string(phone, ', '), ''), 'NULL'));
    -- Few rows or many, and whatever the tables were like when the plan was made: along an index, row by row.
    plan constant text := 'SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off';
BEGIN
    EXECUTE format('CREATE FUNCTION hastecrm_search_%s() RETURNS trigger LANGUAGE plpgsql %s AS %L', watched, plan,
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
    EXECUTE format('CREATE FUNCTION hastecrm_search_fill_%s(uuid, uuid) RETURNS SETOF integer LANGUAGE plpgsql %s AS %L',
        watched, plan,
        'DECLARE filled integer; BEGIN '
        -- Whoever changes one of them meanwhile waits, and finds its words; whoever refers to one does not wait.
        || format('PERFORM FROM %s WHERE id BETWEEN $1 AND $2 FOR NO KEY UPDATE; GET DIAGNOSTICS filled = ROW_COUNT; ', watched)
        || hastecrm_search_adding(missing, said) || 'RETURN QUERY SELECT generate_series(1, filled); END');
    EXECUTE format('CREATE TRIGGER search_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS now '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_search_%s()', watched, watched);
    EXECUTE format('CREATE TRIGGER search_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS before NEW TABLE AS now '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_search_%s()', watched, watched);
    EXECUTE format('CREATE TRIGGER search_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS before '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_search_%s()', watched, watched);
END $$;

SELECT hastecrm_searchable('contacts', 1::smallint, '{first_name,last_name}', '{company}', '{title,city}', '{email}', '{phone}');
SELECT hastecrm_searchable('companies', 2::smallint, '{name}', '{industry}', '{city,country}', '{domain}', '{phone}');
