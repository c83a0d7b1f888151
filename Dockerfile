# The server on the Bun that package.json pins, without development packages. docs/deploy.md says how to run it.
FROM oven/bun:1.4.5-slim AS packages
WORKDIR /app
COPY package.json bun.lock ./
RUN bun install --frozen-lockfile --production

# The script of the API reference page, taken out of a development package.
FROM oven/bun:1.4.5-slim AS reference
WORKDIR /app
COPY package.json bun.lock tsconfig.json ./
RUN bun install --frozen-lockfile
COPY scripts/ops scripts/ops
COPY src/transport/reference.ts src/transport/reference.ts
RUN bun run build:reference

FROM oven/bun:1.4.5-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json bun.lock tsconfig.json ./
COPY contracts contracts
COPY src src
COPY --from=reference /app/dist dist
RUN mkdir /data && chown bun:bun /data
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 PARLEY_DATA_DIR=/data
USER bun
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["bun", "-e", "const { ok } = await fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`); process.exit(ok ? 0 : 1)"]
CMD ["bun", "src/main.ts", "serve"]
