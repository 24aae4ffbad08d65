"""Forecasting: what comes next in one or many series of numbers."""
