//! Bytes between browser and IDE. Knows HTTP, not Carrel.
