"""The first page: what came of it in three sentences, and a picture that moves."""
