//! What tests of Carrel share: real databases, scratch folders, stories over HTTP.
