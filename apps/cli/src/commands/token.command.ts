import type { Command } from 'commander';
import type { Token } from '../api/api-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatAgo } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';

interface CreateOptions {
  readonly role: string;
  readonly expiresDays?: string;
}

export function addTokenCommand(program: Command, run: Runner): void {
  const token = program
    .command('token')
    .description('API tokens')
    .addHelpText(
      'after',
      examples('token create alice --role scientist', 'token list', 'token revoke alice'),
    );
  token
    .command('create')
    .description('Make a token and show it, once')
    .argument('<name>', 'who or what it is for')
    .option('--role <role>', 'viewer, scientist, operator, admin or service', 'viewer')
    .option('--expires-days <n>', 'days until it stops working')
    .action((name: string, options: CreateOptions, command: Command) =>
      run(command, (context) => create(context, name, options)),
    );
  token
    .command('list')
    .description('Tokens, without their secrets')
    .action((_options: unknown, command: Command) => run(command, list));
  token
    .command('revoke')
    .description('Make a token useless at once')
    .argument('<name-or-id>', 'which one')
    .action((which: string, _options: unknown, command: Command) =>
      run(command, (context) => revoke(context, which)),
    );
}

async function create(
  context: CommandContext,
  name: string,
  { role, expiresDays }: CreateOptions,
): Promise<ExitCode> {
  const created = await context.connect().post<Token & { readonly token: string | null }>('/tokens', {
    name,
    role,
    ...(expiresDays === undefined ? {} : { expires_in_days: Number(expiresDays) }),
  });
  if (created.token === null) {
    // The answer got lost and the request was repeated: the API does not keep the secret to show it again.
    throw new CliError({
      message: `The token ${name} was made, but the answer with its secret was lost on the way.`,
      action: `Revoke it ("meridian token revoke ${name}") and make another one.`,
      exitCode: EXIT_CODES.other,
    });
  }
  if (context.json) printJson(context, created);
  else context.terminal.print(created.token);
  context.terminal.note('This is the only time that the token is shown. Use it as MERIDIAN_API_TOKEN.');
  return EXIT_CODES.ok;
}

async function list(context: CommandContext): Promise<ExitCode> {
  const tokens = await context.connect().list<Token>('/tokens');
  const now = new Date();
  const rows = tokens.map((token) => [
    String(token.id),
    token.name,
    token.role,
    `${token.prefix}…`,
    token.revoked_at === null ? '' : 'revoked',
    formatAgo(token.last_used_at, now),
  ]);
  if (context.json) printJson(context, tokens);
  else
    context.terminal.print(
      renderTable(
        { head: ['id', 'name', 'role', 'begins with', '', 'last used'], rows, right: [0] },
        context.terminal.colors,
      ),
    );
  return EXIT_CODES.ok;
}

async function revoke(context: CommandContext, which: string): Promise<ExitCode> {
  const client = context.connect();
  const tokens = await client.list<Token>('/tokens');
  const token = tokens.find((one) => one.name === which) ?? tokens.find((one) => String(one.id) === which);
  if (token === undefined) {
    throw new CliError({
      message: `There is no token ${which}.`,
      action: 'See them with "meridian token list".',
      exitCode: EXIT_CODES.usage,
    });
  }
  await client.delete(`/tokens/${token.id}`);
  if (context.json) printJson(context, { revoked: token.name });
  else context.terminal.print(`The token ${token.name} is revoked.`);
  return EXIT_CODES.ok;
}
