"""Anomalies in the rows of one or many series: scores, alarms, and which column is to blame."""
