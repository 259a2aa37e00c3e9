-- phase: expand
-- compatible-from: 5
-- transaction: none
-- Mails that are still to leave: few, however many have left.
CREATE INDEX CONCURRENTLY activities_queued ON activities (updated_at, id) WHERE mail_status = 'queued';
