"""Sparkplug B 3.0: topics, payloads, host states, and both ends of the conversation. Needs the protobuf package."""
