"""What a request ends with: solving, results, fronts, and their verification."""
