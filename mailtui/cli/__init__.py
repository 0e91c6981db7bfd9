"""The command line: parse, call the engine, print. A noun is a module, imported when it is asked for."""
