import { defineExpectationsSuite } from "./expectations-suite.ts";
import { defineRuntimesSuite } from "./runtimes-suite.ts";
import { defineSuite } from "./suite.ts";

defineSuite("docker");
defineRuntimesSuite("docker");
defineExpectationsSuite("docker");
