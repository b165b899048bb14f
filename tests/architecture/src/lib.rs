//! Who may import whom: nothing but tests, in `tests/`.
