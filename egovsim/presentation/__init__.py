"""Tables, charts, spreadsheets and files, in Indonesian and English."""
