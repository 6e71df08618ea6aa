//! Who is it: passwords, sign-ins, throttling.
