"""Answers: evidence, the cited prompt, chat models, quotes where there is no model, and LangChain's ways in."""
