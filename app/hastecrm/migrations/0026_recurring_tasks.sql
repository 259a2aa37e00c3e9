-- phase: expand
-- compatible-from: 5
-- Tasks that come again: when one is completed, the next one is made.

ALTER TABLE tasks
    ADD COLUMN repeats text CHECK (repeats IN ('daily', 'weekdays', 'weekly', 'monthly', 'yearly')),
    ADD COLUMN repeat_every integer NOT NULL DEFAULT 1 CHECK (repeat_every BETWEEN 1 AND 365),
    ADD COLUMN repeats_until date;
