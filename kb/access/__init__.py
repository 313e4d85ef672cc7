"""Who may do what with a base that several people or programs use."""
