import { type Command, exitStatus, UsageError } from './command.ts'
import { parseWords } from './options.ts'

/** What may come behind a command's name, by its help: the verbs of its usage, and its options. */
function wordsOf({ name, help }: Command): string[] {
  const [usage = ''] = help.split('\n\n')
  const told = usage.replace(/\[[^\]]*\]/g, optional => (/^\[(<|-)/.test(optional) ? '' : optional))
  const verbs = told
    .split('\n')
    .map(line => line.replace(new RegExp(`^.*isokafka ${name}`), ''))
    .flatMap(line => line.split('|'))
    .flatMap(alternative => /^\s*\[?([a-z][a-z-]*)/.exec(alternative)?.[1] ?? [])
  const options = help.match(/--[a-z][a-z-]*/g) ?? []
  return [...new Set([...verbs, ...options, '--help'])].sort()
}

const scripts: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash: commands => `_isokafka() {
  local words
  case "$COMP_CWORD:\${COMP_WORDS[1]}" in
    1:*) words="${names(commands)}" ;;
${commands.map(each => `    *:${each.name}) words="${wordsOf(each).join(' ')}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _isokafka isokafka
`,
  zsh: commands => `#compdef isokafka
_isokafka() {
  local -a known
  if (( CURRENT == 2 )); then
    known=(${names(commands)})
  else
    case "$words[2]" in
${commands.map(each => `      ${each.name}) known=(${wordsOf(each).join(' ')}) ;;`).join('\n')}
    esac
  fi
  compadd -a known
  _files
}
compdef _isokafka isokafka
`,
  fish: commands =>
    [
      `complete -c isokafka -n __fish_use_subcommand -xa '${names(commands)}'`,
      ...commands.map(
        each => `complete -c isokafka -n '__fish_seen_subcommand_from ${each.name}' -a '${wordsOf(each).join(' ')}'`,
      ),
      '',
    ].join('\n'),
}

function names(commands: readonly Command[]): string {
  return commands.map(({ name }) => name).join(' ')
}

const shells = Object.keys(scripts)

/** `commands`: all that there are, this one left out. */
export const completionCommand = (commands: readonly Command[]): Command => ({
  name: 'completion',
  summary: 'prints what has a shell complete commands and options',
  help: `usage: isokafka completion ${shells.join(' | ')}

examples:
  source <(isokafka completion bash)
  isokafka completion fish > ~/.config/fish/completions/isokafka.fish`,

  async run(args, context) {
    const [shell, ...more] = parseWords(args, {}).positionals
    const script = shell === undefined || !Object.hasOwn(scripts, shell) ? undefined : scripts[shell]
    if (script === undefined || more.length > 0) throw new UsageError(`for which shell: ${shells.join(', ')}?`)
    await context.write(script(commands))
    return exitStatus.done
  },
})
