"""The pages that people see in the browser; `kb serve` opens them."""
