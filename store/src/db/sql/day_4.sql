-- The share of time in which all tasks were stalled for want of memory or disk. Unknown of earlier readings.
ALTER TABLE host_metrics ADD COLUMN stalled_percent REAL;
