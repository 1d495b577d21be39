import { defineContentsSuite } from "./contents-suite.ts";
import { defineExpectationsSuite } from "./expectations-suite.ts";
import { defineFitnessSuite } from "./fitness-suite.ts";
import { defineInventorySuite } from "./inventory-suite.ts";
import { defineNetworkSuite } from "./network.ts";
import { defineRuntimesSuite } from "./runtimes-suite.ts";
import { defineScanSuite } from "./scan-suite.ts";
import { defineSourcesSuite } from "./sources-suite.ts";
import { defineSuite } from "./suite.ts";

defineSuite("docker");
defineRuntimesSuite("docker");
defineExpectationsSuite("docker");
defineNetworkSuite("docker");
defineInventorySuite("docker");
defineContentsSuite("docker");
defineSourcesSuite("docker");
defineFitnessSuite("docker");
defineScanSuite("docker");
