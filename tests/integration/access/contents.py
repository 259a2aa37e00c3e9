"""What is in the attachments of the world."""

CONTENTS = """
DELETE FROM files;
INSERT INTO files (id, workspace_id, name, media_type, size, sha256, place)
SELECT id, workspace_id, name, 'text/plain', 2, 'aa', 'database' FROM attachments;
INSERT INTO file_chunks (workspace_id, file_id, number, bytes)
SELECT workspace_id, id, 0, 'ok' FROM attachments;
UPDATE attachments SET file_id = id;
"""
