import { defineRuntimesSuite } from "./runtimes-suite.ts";
import { defineSuite } from "./suite.ts";

defineSuite("docker");
defineRuntimesSuite("docker");
