import { defineFaults } from "./faults/suite.ts";

defineFaults("Docker");
