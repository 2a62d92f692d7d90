"""Stores over qdrant-client: a Qdrant server or cluster, and the client's local mode where no engine exists."""
