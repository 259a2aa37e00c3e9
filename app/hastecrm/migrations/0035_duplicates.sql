-- phase: expand
-- compatible-from: 5
-- Records that may be the same person or company. What they are alike in are keys in a B-tree, kept by triggers, so
-- that nobody ever compares all records with all others. To compare costs several times what it costs to store a record:
-- a worker does that a moment later (`hastecrm_compare`), in whose eyes all that was stored at the same time is there.

-- One row for each thing in which a record can be alike another; equal keys, alike records. A key is a hash of the
-- kind, the fact and the value in its plainest form, so that nothing of a person stands here.
CREATE TABLE match_keys (
    workspace_id uuid NOT NULL,
    key          bigint NOT NULL,
    record_id    uuid NOT NULL,
    fact         smallint NOT NULL,  -- 1 address, 2 telephone number, 3 name, 4 name and where, 5 domain, 6 name letter by letter
    PRIMARY KEY (workspace_id, key, record_id)
);
SELECT hastecrm_walled('match_keys', false);

-- What was stored and is still to be compared.
CREATE TABLE match_waiting (
    workspace_id uuid NOT NULL,
    record_id    uuid NOT NULL,
    kind         smallint NOT NULL,  -- 1 contact, 2 company
    PRIMARY KEY (workspace_id, record_id)
);
SELECT hastecrm_walled('match_waiting', false);

-- The pairs to be looked at, and those of which somebody said that they are not the same.
CREATE TABLE duplicates (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    kind         smallint NOT NULL,  -- 1 contact, 2 company
    first_id     uuid NOT NULL,
    second_id    uuid NOT NULL,
    score        smallint NOT NULL,
    facts        smallint[] NOT NULL,
    is_dismissed boolean NOT NULL DEFAULT false,
    found_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT duplicates_once UNIQUE (workspace_id, first_id, second_id),
    CONSTRAINT duplicates_ordered CHECK (first_id < second_id)
);
CREATE INDEX duplicates_best ON duplicates (workspace_id, kind, is_dismissed, score DESC, id DESC);
CREATE INDEX duplicates_of_second ON duplicates (workspace_id, second_id);
SELECT hastecrm_walled('duplicates', false);

-- How words sound, roughly, in any order: Meyer is Maier, and "Lovelace, Ada" is "Ada Lovelace". Loops and plain
-- expressions, as a query in a function costs more than all the rest.
CREATE FUNCTION hastecrm_sounds(words text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    word text;
    sounds text[] := '{}';
BEGIN
    FOREACH word IN ARRAY coalesce(words, '{}') LOOP
        word := regexp_replace(word, 'c([eiy])', 's\1', 'g');
        word := replace(replace(replace(replace(replace(word, 'sch', 's'), 'ph', 'f'), 'th', 't'), 'ck', 'k'), 'x', 'ks');
        word := translate(word, 'cqzdvwy', 'kkstffi');
        word := regexp_replace(left(word, 1) || translate(substr(word, 2), 'aeiouhj', ''), '(.)\1+', '\1', 'g');
        sounds := sounds || word;
    END LOOP;
    RETURN (SELECT string_agg(sound, ' ' ORDER BY sound COLLATE "C") FROM unnest(sounds) AS sound);
END $$;
-- What a company is called without its legal form.
CREATE FUNCTION hastecrm_firm(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    word text;
    kept text[] := '{}';
BEGIN
    FOREACH word IN ARRAY coalesce(hastecrm_words(name), '{}') LOOP
        IF word <> ALL ('{gmbh,mbh,ag,kg,ohg,ug,eg,se,inc,incorporated,llc,llp,ltd,limited,plc,co,corp,corporation,company,sa,sas,sarl,srl,spa,bv,nv,oy,ab,as,aps,the,und,and,et}'::text[]) THEN
            kept := kept || word;
        END IF;
    END LOOP;
    RETURN hastecrm_sounds(kept);
END $$;
-- One mailbox has many spellings: what follows a plus, and with one provider also dots, make no difference.
CREATE FUNCTION hastecrm_mailbox(address text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN split_part(lower(address), '@', 2) IN ('gmail.com', 'googlemail.com')
        THEN replace(split_part(split_part(lower(address), '@', 1), '+', 1), '.', '') || '@gmail.com'
        ELSE split_part(split_part(lower(address), '@', 1), '+', 1) || '@' || split_part(lower(address), '@', 2) END
$$;
-- The end of a telephone number, the same with and without its country.
CREATE FUNCTION hastecrm_line(phone text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substring(regexp_replace(phone, '\D', '', 'g') FROM '\d{7}$')
$$;
-- The site of a company; where anybody gets a mailbox, it says nothing.
CREATE FUNCTION hastecrm_site(address text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    site text := regexp_replace(lower(address), '^(.*@|[a-z]+://)?(www\.)?([^/:?#]*).*$', '\3');
BEGIN
    RETURN CASE WHEN site <> '' AND site NOT IN ('gmail.com', 'googlemail.com', 'gmx.at', 'gmx.de', 'gmx.net', 'web.de',
        'yahoo.com', 'hotmail.com', 'outlook.com', 'live.com', 'icloud.com', 'me.com', 'aol.com', 'proton.me',
        'protonmail.com') THEN site END;
END $$;

-- Keys are removed by what they were made of: whoever changes these functions fills the table again.
CREATE FUNCTION hastecrm_contact_keys(one contacts) RETURNS TABLE (fact smallint, key bigint) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    name text := hastecrm_sounds(hastecrm_words(one.first_name || ' ' || one.last_name));
    -- Of a first name alone a company has many.
    who text := CASE WHEN name LIKE '% %' THEN name END;
    facts smallint[] := '{1,2,3,4,4}';
    said text[] := ARRAY[hastecrm_mailbox(one.email), hastecrm_line(one.phone), name, who || ' @ ' || hastecrm_site(one.email),
        who || ' # ' || coalesce(hastecrm_firm(one.company), one.company_id::text)];
BEGIN
    FOR n IN 1..5 LOOP
        CONTINUE WHEN said[n] IS NULL;
        fact := facts[n];
        key := hashtextextended('contact ' || fact || ' ' || said[n], 0);
        RETURN NEXT;
    END LOOP;
END $$;
CREATE FUNCTION hastecrm_company_keys(one companies) RETURNS TABLE (fact smallint, key bigint) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    name text := hastecrm_firm(one.name);
    site text := hastecrm_site(one.domain);
    facts smallint[] := '{2,3,4,5,5,6}';
    said text[] := ARRAY[hastecrm_line(one.phone), name, name || ' @ ' || hastecrm_sounds(hastecrm_words(one.city)), site,
        nullif(hastecrm_site(one.website), site), array_to_string(hastecrm_words(one.name), ' ')];
BEGIN
    FOR n IN 1..6 LOOP
        CONTINUE WHEN said[n] IS NULL;
        fact := facts[n];
        key := hashtextextended('company ' || fact || ' ' || said[n], 0);
        RETURN NEXT;
    END LOOP;
END $$;
CREATE FUNCTION hastecrm_keys_of(of_kind smallint, ids uuid[])
RETURNS TABLE (workspace_id uuid, record_id uuid, fact smallint, key bigint) LANGUAGE sql STABLE AS $$
    SELECT one.workspace_id, one.id, known.fact, known.key FROM contacts AS one, LATERAL hastecrm_contact_keys(one) AS known
    WHERE of_kind = 1 AND one.id = ANY (ids) AND one.deleted_at IS NULL
    UNION ALL
    SELECT one.workspace_id, one.id, known.fact, known.key FROM companies AS one, LATERAL hastecrm_company_keys(one) AS known
    WHERE of_kind = 2 AND one.id = ANY (ids) AND one.deleted_at IS NULL
$$;

-- What each fact says; the same as `WEIGHTS` in features/duplicates/domain.py.
CREATE FUNCTION hastecrm_match_score(of_kind smallint, facts smallint[]) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(100, sum((CASE of_kind WHEN 1 THEN '{70,40,30,25,0,0}'::int[] ELSE '{0,40,45,25,60,5}'::int[] END)[fact]))::integer
    FROM unnest(facts) AS fact
$$;

-- The records that are alike these ones. Of each key the twenty newest are looked at: what more have in common says little. People
-- who have nothing but a name in common are many, and only looked for where `is_wide`.
CREATE FUNCTION hastecrm_matches(of_kind smallint, ids uuid[], is_wide boolean)
RETURNS TABLE (workspace_id uuid, record_id uuid, other_id uuid, facts smallint[]) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY WITH own AS MATERIALIZED (SELECT * FROM hastecrm_keys_of(of_kind, ids)),
    found AS MATERIALIZED (
        SELECT DISTINCT own.workspace_id, own.record_id, other.record_id AS other_id FROM own, LATERAL (
            SELECT every.record_id FROM match_keys AS every
            WHERE every.workspace_id = own.workspace_id AND every.key = own.key AND every.record_id <> own.record_id
            ORDER BY every.record_id DESC LIMIT 20
        ) AS other
        WHERE own.fact <> 3 OR is_wide OR of_kind = 2
    )
    SELECT found.workspace_id, found.record_id, found.other_id, array_agg(DISTINCT own.fact)
    -- LATERAL, so that the keys are looked up one by one, however many records there are.
    FROM found JOIN own USING (workspace_id, record_id), LATERAL (
        SELECT true FROM match_keys AS every
        WHERE every.workspace_id = own.workspace_id AND every.key = own.key AND every.record_id = found.other_id LIMIT 1
    ) AS shared
    GROUP BY found.workspace_id, found.record_id, found.other_id;
END $$;

-- As the system: what becomes of a record was allowed where it is, and the index follows.
-- The plan stays: to make one anew for each record costs more than to carry it out.
CREATE FUNCTION hastecrm_match(of_kind smallint, ids uuid[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    reach text := coalesce(current_setting('hastecrm.system', true), '');
BEGIN
    PERFORM set_config('hastecrm.system', 'on', true);
    WITH known AS MATERIALIZED (SELECT workspace_id, key, record_id, fact FROM hastecrm_keys_of(of_kind, ids)),
    kept AS (
        INSERT INTO match_keys (workspace_id, key, record_id, fact)
        SELECT workspace_id, key, record_id, fact FROM known ORDER BY workspace_id, key, record_id
        ON CONFLICT DO NOTHING
    )
    INSERT INTO match_waiting (workspace_id, record_id, kind)
    SELECT DISTINCT workspace_id, record_id, of_kind FROM known ORDER BY workspace_id, record_id
    ON CONFLICT DO NOTHING;
    PERFORM set_config('hastecrm.system', reach, true);
END $$;

-- Compares some of what waits, and returns how many those were. Two workers take different ones.
CREATE FUNCTION hastecrm_compare(most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    of_kind smallint;
    ids uuid[];
    compared integer := 0;
BEGIN
    FOR of_kind, ids IN
        WITH taken AS (
            DELETE FROM match_waiting USING (
                SELECT workspace_id, record_id FROM match_waiting LIMIT most FOR UPDATE SKIP LOCKED
            ) AS next
            WHERE match_waiting.workspace_id = next.workspace_id AND match_waiting.record_id = next.record_id
            RETURNING match_waiting.kind, match_waiting.record_id
        )
        SELECT kind, array_agg(record_id) FROM taken GROUP BY kind
    LOOP
        compared := compared + cardinality(ids);
        INSERT INTO duplicates (workspace_id, kind, first_id, second_id, score, facts)
        SELECT workspace_id, of_kind, first_id, second_id, score, facts FROM (
            SELECT DISTINCT workspace_id, least(record_id, other_id) AS first_id, greatest(record_id, other_id) AS second_id,
                hastecrm_match_score(of_kind, facts) AS score, facts
            FROM hastecrm_matches(of_kind, ids, false)
        ) AS judged WHERE score >= 50 ORDER BY workspace_id, first_id, second_id
        ON CONFLICT ON CONSTRAINT duplicates_once DO UPDATE SET score = excluded.score, facts = excluded.facts;
    END LOOP;
    RETURN compared;
END $$;

CREATE FUNCTION hastecrm_match_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hastecrm_match(TG_ARGV[0]::smallint, ARRAY(SELECT id FROM now WHERE deleted_at IS NULL));
    RETURN NULL;
END $$;
CREATE FUNCTION hastecrm_match_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    keys bigint[];
    reach text := coalesce(current_setting('hastecrm.system', true), '');
BEGIN
    PERFORM set_config('hastecrm.system', 'on', true);
    IF OLD.deleted_at IS NULL AND TG_TABLE_NAME = 'contacts' THEN
        keys := ARRAY(SELECT key FROM hastecrm_contact_keys(OLD));
    ELSIF OLD.deleted_at IS NULL THEN
        keys := ARRAY(SELECT key FROM hastecrm_company_keys(OLD));
    END IF;
    DELETE FROM match_keys WHERE workspace_id = OLD.workspace_id AND key = ANY (keys) AND record_id = OLD.id;
    -- What somebody dismissed stays so for as long as both are there.
    DELETE FROM duplicates WHERE workspace_id = OLD.workspace_id AND (first_id = OLD.id OR second_id = OLD.id)
        AND (NOT is_dismissed OR TG_OP = 'DELETE');
    PERFORM set_config('hastecrm.system', reach, true);
    IF TG_OP = 'UPDATE' AND NEW.deleted_at IS NULL THEN
        PERFORM hastecrm_match(TG_ARGV[0]::smallint, ARRAY[NEW.id]);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER match_inserted AFTER INSERT ON contacts REFERENCING NEW TABLE AS now
    FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_match_inserted(1);
CREATE TRIGGER match_changed AFTER UPDATE ON contacts FOR EACH ROW
    WHEN ((OLD.first_name, OLD.last_name, OLD.email, OLD.phone, OLD.company, OLD.company_id, OLD.deleted_at)
        IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.email, NEW.phone, NEW.company, NEW.company_id, NEW.deleted_at))
    EXECUTE FUNCTION hastecrm_match_changed(1);
CREATE TRIGGER match_deleted AFTER DELETE ON contacts FOR EACH ROW EXECUTE FUNCTION hastecrm_match_changed(1);
CREATE TRIGGER match_inserted AFTER INSERT ON companies REFERENCING NEW TABLE AS now
    FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_match_inserted(2);
CREATE TRIGGER match_changed AFTER UPDATE ON companies FOR EACH ROW
    WHEN ((OLD.name, OLD.domain, OLD.website, OLD.phone, OLD.city, OLD.deleted_at)
        IS DISTINCT FROM (NEW.name, NEW.domain, NEW.website, NEW.phone, NEW.city, NEW.deleted_at))
    EXECUTE FUNCTION hastecrm_match_changed(2);
CREATE TRIGGER match_deleted AFTER DELETE ON companies FOR EACH ROW EXECUTE FUNCTION hastecrm_match_changed(2);

-- For records that were there before, and for those that were loaded without triggers. Whoever changes one meanwhile waits.
CREATE FUNCTION hastecrm_match_fill_contacts(uuid, uuid) RETURNS SETOF integer LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT id FROM contacts WHERE id BETWEEN $1 AND $2 FOR NO KEY UPDATE);
BEGIN
    PERFORM hastecrm_match(1::smallint, ids);
    RETURN QUERY SELECT generate_series(1, cardinality(ids));
END $$;
CREATE FUNCTION hastecrm_match_fill_companies(uuid, uuid) RETURNS SETOF integer LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT id FROM companies WHERE id BETWEEN $1 AND $2 FOR NO KEY UPDATE);
BEGIN
    PERFORM hastecrm_match(2::smallint, ids);
    RETURN QUERY SELECT generate_series(1, cardinality(ids));
END $$;
