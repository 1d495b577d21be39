import { defineSuite } from "./suite.ts";

defineSuite("docker");
