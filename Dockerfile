# pratique as an image: it lints projects, reads images from archives and registries, and verifies evidence. A check needs an
# engine, so that it is made with the package from npm.
#
#     docker build --tag pratique .
#     docker run --rm --volume "$PWD:/work:ro" --workdir /work pratique lint

FROM docker.io/library/node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c AS package
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts && npm cache clean --force
COPY . .
RUN npm run build && npm pack --ignore-scripts --pack-destination /tmp && mv /tmp/pratique-*.tgz /pratique.tgz

FROM docker.io/library/node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c
RUN mkdir /safe_data /safe_outputs /scratch
ENV TMPDIR=/scratch TMP=/scratch TEMP=/scratch
COPY --from=package /pratique.tgz /opt/pratique/
RUN npm install --global --ignore-scripts /opt/pratique/pratique.tgz && npm cache clean --force
RUN groupadd --system nonroot && useradd --no-log-init --system --gid nonroot nonroot
USER nonroot
ENTRYPOINT ["pratique"]
CMD ["--help"]
