# cria serve in a container: no root, nothing written outside of /models, ended in good order by SIGTERM.
#
#   docker build -t cria .
#   docker run --rm -p 127.0.0.1:2742:2742 cria                                          the small model that comes with it
#   docker run --rm -p 2742:2742 -v models:/models -v ./keys.txt:/etc/cria/keys.txt:ro --read-only cria \
#     --keys /etc/cria/keys.txt hf:HuggingFaceTB/SmolLM2-135M-Instruct-GGUF
FROM node:20-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
# What npm would publish, and nothing else.
RUN npm pack --pack-destination /tmp && mv /tmp/cria-*.tgz /tmp/cria.tgz

FROM node:20-slim
COPY --from=build /tmp/cria.tgz /tmp/cria.tgz
RUN npm install --global --ignore-scripts --omit=dev /tmp/cria.tgz && npm cache clean --force && rm /tmp/cria.tgz \
  && install --directory --owner=1000 --group=1000 /models
# Models are pulled into this folder, and looked for in it.
ENV NODE_ENV=production CRIA_HOME=/models
VOLUME /models
USER 1000
WORKDIR /models
EXPOSE 2742
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:2742/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell between, so that signals arrive.
ENTRYPOINT ["cria", "serve", "--host", "0.0.0.0"]
