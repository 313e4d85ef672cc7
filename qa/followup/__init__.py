"""Follow-up questions, said in full words."""
