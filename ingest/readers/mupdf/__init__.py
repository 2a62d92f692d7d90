"""Everything that is asked of MuPDF: opening, page trees, and what stands on a page. Every call needs its lock."""
