/** True when what FROM asks for is the platform that is wanted, however it is written. */
export const isPlatform = (given: string, wanted: string): boolean => normalized(given) === wanted;

function normalized(platform: string): string {
  const [first = "", second] = platform.split("/");
  const architecture = second ?? (first === "linux" ? "amd64" : first);
  return `linux/${architecture === "x86_64" || architecture === "x86-64" ? "amd64" : architecture}${/^(?:windows|darwin)$/.test(first) ? `-${first}` : ""}`;
}
