"""Who may do what with a base that several people use."""
