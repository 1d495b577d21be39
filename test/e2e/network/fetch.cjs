// With getaddrinfo, as fetch does, or with c-ares, which is Node's other resolver.
const { Resolver, lookup } = require("node:dns").promises;
const { get } = require("node:http");

const ways = {
  fetch: async () => {
    await lookup("node.example.org");
    await fetch("https://node.example.org/models/node.bin");
  },
  cares: async () => {
    const resolver = new Resolver({ timeout: 1000, tries: 2 });
    const [host] = await resolver.resolve4("cares.example.org");
    await new Promise((_resolve, reject) => get({ host, path: "/models/cares.bin" }).on("error", reject));
  },
};

const started = performance.now();
ways[process.argv[2]]()
  .catch((error) => console.log(String(error.cause ?? error)))
  .finally(() => console.log("seconds", (performance.now() - started) / 1000));
