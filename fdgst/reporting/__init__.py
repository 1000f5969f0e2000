"""From scores (CSV) to tables, statistics, figures and the report. Never loads torch."""
