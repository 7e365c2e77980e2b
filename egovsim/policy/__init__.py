"""Profiles, policies and scenarios from files; members that agree with the evidence; comparing paths."""
