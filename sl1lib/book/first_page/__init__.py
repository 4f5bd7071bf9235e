"""The first page: what came out, in three sentences, and a picture that moves."""
