import { defineFaults } from "./faults/suite.ts";

defineFaults("rootless Podman");
