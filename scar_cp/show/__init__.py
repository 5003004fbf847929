"""What people look at: text, pictures, the page, traces."""
