"""Results, fronts and tables as one HTML page that needs nothing else (extra ``report``)."""
