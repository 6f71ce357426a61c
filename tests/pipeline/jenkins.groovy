/*
 * Runs declarative Jenkinsfiles for real on one machine, without Jenkins, and writes down what happened.
 *
 * Like Jenkins it is one process for many builds, one after the other: each line of the standard input asks for one,
 * and gets a line with its exit code. A line is JSON: `arguments`, which are JENKINSFILE WORKSPACE RECORD BRANCH
 * [NAME=VALUE ...], `environment`, the variables of the machine, and `console`, the file for what the build prints.
 *
 * Exit code: 0 SUCCESS, 1 any other result, 2 a Jenkinsfile or argument that is refused (then nothing has run).
 * The record is JSON; artifacts and stashes go to folders beside it. Without parameters it is a job's first build, on
 * which Jenkins does not put parameters into the shell's environment.
 *
 * A section of a Jenkinsfile is a class here, and its methods marked @Word are the words that may stand in it. Words
 * are checked before anything runs, then given behaviour by running each closure with its section as the delegate.
 */
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import groovy.transform.InheritConstructors
import java.lang.annotation.ElementType
import java.lang.annotation.Retention
import java.lang.annotation.RetentionPolicy
import java.lang.annotation.Target
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.TimeUnit
import org.codehaus.groovy.ast.ASTNode
import org.codehaus.groovy.ast.CodeVisitorSupport
import org.codehaus.groovy.ast.builder.AstBuilder
import org.codehaus.groovy.ast.expr.BinaryExpression
import org.codehaus.groovy.ast.expr.ClosureExpression
import org.codehaus.groovy.ast.expr.ConstantExpression
import org.codehaus.groovy.ast.expr.GStringExpression
import org.codehaus.groovy.ast.expr.MapExpression
import org.codehaus.groovy.ast.expr.MethodCallExpression
import org.codehaus.groovy.ast.expr.VariableExpression
import org.codehaus.groovy.ast.stmt.BlockStatement
import org.codehaus.groovy.ast.stmt.ExpressionStatement
import org.codehaus.groovy.control.CompilationFailedException
import org.codehaus.groovy.control.CompilePhase

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING

/** The Jenkinsfile, or what was asked of it, is wrong. */
@InheritConstructors
class Refused extends RuntimeException {}

/** A step failed, and with it its stage. */
@InheritConstructors
class StepFailed extends RuntimeException {}

/** A step ran out of time. */
@InheritConstructors
class TimedOut extends RuntimeException {}

/** What may stand inside a word's braces: more words, NAME = 'value' lines, or free Groovy. */
enum Body { WORDS, ASSIGNMENTS, GROOVY }

@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Word {
    String[] keys() default []
    Class inside() default Object
    Body body() default Body.WORDS
}

/** Refuses what a section does not know, in every branch of the Jenkinsfile, also in those that would not run. */
class WordCheck extends CodeVisitorSupport {
    private final String place
    private final Class section
    private final Body body

    WordCheck(String place, Class section, Body body) {
        this.place = place
        this.section = section
        this.body = body
    }

    static void check(String jenkinsfile) {
        ASTNode script = new AstBuilder().buildFromString(CompilePhase.CONVERSION, false, jenkinsfile).first()
        new WordCheck('the Jenkinsfile', JenkinsfileSection, Body.WORDS).visitBlockStatement(script)
    }

    @Override
    void visitBlockStatement(BlockStatement block) {
        block.statements.each { statement ->
            def expression = statement instanceof ExpressionStatement ? statement.expression : null
            if (body == Body.WORDS) requireWord(statement, expression)
            if (body == Body.ASSIGNMENTS) requireAssignment(statement, expression)
        }
        super.visitBlockStatement(block)
    }

    @Override
    void visitMethodCallExpression(MethodCallExpression call) {
        if (!call.implicitThis) {
            super.visitMethodCallExpression(call)
            return
        }
        Word word = wordFor(call)
        call.arguments.expressions.each { argument ->
            if (argument instanceof MapExpression) requireKeys(call, word, argument)
            if (argument instanceof ClosureExpression) {
                def inner = body == Body.GROOVY ? body : word.body()
                argument.code.visit(new WordCheck("'${call.methodAsString}'", word.inside(), inner))
            } else {
                argument.visit(this)
            }
        }
    }

    private Word wordFor(MethodCallExpression call) {
        def words = section.methods.findAll { it.isAnnotationPresent(Word) }
        def method = words.find { it.name == call.methodAsString }
        if (method == null) {
            def known = words*.name.sort().join(', ') ?: 'none'
            refuse(call, "unknown word '${call.methodAsString}' in ${place}; known: ${known}")
        }
        method.getAnnotation(Word)
    }

    private void requireWord(ASTNode statement, expression) {
        if (!(expression instanceof MethodCallExpression && expression.implicitThis)) {
            refuse(expression ?: statement, "${place} holds words, each on a line of its own")
        }
    }

    private void requireAssignment(ASTNode statement, expression) {
        boolean assigns = expression instanceof BinaryExpression && expression.operation.text == '=' &&
            expression.leftExpression instanceof VariableExpression && isString(expression.rightExpression)
        if (!assigns) refuse(expression ?: statement, "${place} holds lines of NAME = 'value'")
    }

    private static boolean isString(expression) {
        expression instanceof GStringExpression ||
            expression instanceof ConstantExpression && expression.value instanceof String
    }

    private void requireKeys(MethodCallExpression call, Word word, MapExpression arguments) {
        def unknown = arguments.mapEntryExpressions*.keyExpression*.text - (word.keys() as List)
        if (unknown) {
            def known = word.keys().join(', ') ?: 'none'
            refuse(call, "'${call.methodAsString}' does not know ${unknown.join(', ')}; known: ${known}")
        }
    }

    private static void refuse(ASTNode where, String reason) {
        throw new Refused("line ${where.lineNumber}: ${reason}")
    }
}

/** The names that Groovy in a Jenkinsfile can read: params, env, and each environment variable bare. */
abstract class Names {
    final Map<String, Object> params
    final Map<String, String> env

    Names(Map params, Map env) {
        this.params = params.asImmutable()
        this.env = env.asImmutable()
    }

    Object propertyMissing(String name) {
        if (!env.containsKey(name)) throw new Refused("unknown name '${name}'")
        env[name]
    }

    protected static Object enter(Closure body, Object section) {
        Closure inside = body.clone()
        inside.delegate = section
        inside.resolveStrategy = Closure.DELEGATE_ONLY
        inside.call()
    }
}

class JenkinsfileSection {
    PipelineSection pipeline

    @Word(inside = PipelineSection)
    void pipeline(Closure body) {
        if (pipeline) throw new Refused('a Jenkinsfile has one pipeline')
        pipeline = new PipelineSection()
        Names.enter(body, pipeline)
        if (!pipeline.node || !pipeline.children) throw new Refused('a pipeline needs an agent and stages')
    }
}

/** What a pipeline and a stage have in common. */
abstract class Block {
    final String any = 'any'
    final String none = 'none'
    String node
    Closure variables
    Map<String, Closure> reactions = [:]
    List<StageSection> children = []

    @Word(inside = AgentSection)
    void agent(Object where) {
        if (where instanceof Closure) {
            def section = new AgentSection()
            Names.enter(where, section)
            node = section.wanted
        } else if (where in [any, none]) {
            node = where
        } else {
            throw new Refused("unknown agent '${where}'; known: any, none, label")
        }
    }

    @Word(inside = EnvironmentSection, body = Body.ASSIGNMENTS)
    void environment(Closure body) { variables = body }

    @Word(inside = PostSection)
    void post(Closure body) { Names.enter(body, new PostSection(reactions)) }

    @Word(inside = StagesSection)
    void stages(Closure body) { Names.enter(body, new StagesSection(children)) }
}

class PipelineSection extends Block {
    final OptionsSection settings = new OptionsSection()
    final ParametersSection declared = new ParametersSection()

    @Word(inside = OptionsSection)
    void options(Closure body) { Names.enter(body, settings) }

    @Word(inside = ParametersSection)
    void parameters(Closure body) { Names.enter(body, declared) }
}

class StagesSection {
    private final List<StageSection> children

    StagesSection(List<StageSection> children) { this.children = children }

    @Word(inside = StageSection)
    void stage(String name, Closure body) {
        def stage = new StageSection(name: name)
        Names.enter(body, stage)
        if ([stage.work, stage.children].count { it } != 1) {
            throw new Refused("stage '${name}' needs either steps or stages or parallel")
        }
        children << stage
    }
}

/** A stage that waits for a person: who may answer, and the variable that has the name of who did. */
class InputSection {
    String question
    List<String> persons = []
    String variable

    @Word
    void message(String text) { question = text }

    @Word
    void ok(String text) {}

    @Word
    void submitter(String names) { persons = names.split(',')*.trim() }

    @Word
    void submitterParameter(String name) { variable = name }

    /** The answer of whom LOCKGATE_TEST_ANSWERS names; without one, nobody answers until Jenkins gives up. */
    Map<String, String> answer(Map<String, String> env) {
        def person = env.LOCKGATE_TEST_ANSWERS
        println "${question} (${person ?: 'nobody answers'})"
        if (!person) throw new TimedOut("nobody answered: ${question}")
        if (persons && !(person in persons)) throw new TimedOut("${person} may not answer: ${persons.join(', ')}")
        variable ? [(variable): person] : [:]
    }
}

class StageSection extends Block {
    String name
    InputSection asked
    Closure condition
    Closure work
    boolean sideBySide

    @Word(inside = WhenSection)
    void when(Closure body) { condition = body }

    @Word(inside = InputSection)
    void input(Closure body) {
        asked = new InputSection()
        Names.enter(body, asked)
        if (!asked.question) throw new Refused("the input of stage '${name}' needs a message")
    }

    @Word(inside = Steps)
    void steps(Closure body) { work = body }

    @Word(inside = StagesSection)
    void parallel(Closure body) {
        sideBySide = true
        stages(body)
    }
}

class AgentSection {
    String wanted

    @Word
    void label(String name) { wanted = name }
}

class OptionsSection {
    Long seconds

    @Word(keys = ['time', 'unit'])
    void timeout(Map limit) { seconds = seconds(limit) }

    // These two rule over several builds, so they have nothing to do in one.
    @Word
    void disableConcurrentBuilds() {}

    @Word
    void buildDiscarder(Map rotation) {}

    @Word(keys = ['daysToKeepStr', 'numToKeepStr', 'artifactDaysToKeepStr', 'artifactNumToKeepStr'])
    Map logRotator(Map limits) { limits }

    static long seconds(Map limit) { TimeUnit.valueOf(limit.unit ?: 'MINUTES').toSeconds(limit.time as long) }
}

class ParametersSection {
    private final Map<String, Object> defaults = [:]
    private final Map<String, Closure> readers = [:]

    @Word(keys = ['name', 'choices', 'description'])
    void choice(Map parameter) {
        def choices = parameter.choices instanceof List ? parameter.choices : parameter.choices.toString().readLines()
        declare(parameter, choices.first()) { String value ->
            if (!(value in choices)) {
                throw new Refused("'${value}' is no choice of ${parameter.name}; choices: ${choices.join(', ')}")
            }
            value
        }
    }

    @Word(keys = ['name', 'defaultValue', 'description'])
    void string(Map parameter) { declare(parameter, parameter.defaultValue ?: '') { String value -> value } }

    @Word(keys = ['name', 'defaultValue', 'description'])
    void booleanParam(Map parameter) {
        declare(parameter, parameter.defaultValue ?: false) { String value -> value.toBoolean() }
    }

    Set<String> getNames() { defaults.keySet() }

    Map<String, Object> values(Map<String, String> given) {
        def unknown = given.keySet() - names
        if (unknown) throw new Refused("unknown parameter ${unknown.join(', ')}; known: ${names.join(', ') ?: 'none'}")
        defaults + given.collectEntries { name, value -> [name, readers[name](value)] }
    }

    private void declare(Map parameter, Object value, Closure reader) {
        defaults[parameter.name] = value
        readers[parameter.name] = reader
    }
}

class EnvironmentSection extends Names {
    private final Map<String, String> variables

    EnvironmentSection(Map params, Map variables) {
        super(params, variables)
        this.variables = variables
    }

    void propertyMissing(String name, Object value) { variables[name] = value.toString() }
}

class PostSection {
    private final Map<String, Closure> reactions

    PostSection(Map<String, Closure> reactions) { this.reactions = reactions }

    @Word(inside = Steps)
    void always(Closure body) { reactions.always = body }

    @Word(inside = Steps)
    void aborted(Closure body) { reactions.aborted = body }

    @Word(inside = Steps)
    void failure(Closure body) { reactions.failure = body }

    @Word(inside = Steps)
    void success(Closure body) { reactions.success = body }

    @Word(inside = Steps)
    void unstable(Closure body) { reactions.unstable = body }

    @Word(inside = Steps)
    void unsuccessful(Closure body) { reactions.unsuccessful = body }

    @Word(inside = Steps)
    void cleanup(Closure body) { reactions.cleanup = body }

    /** The reactions to a status, in the order in which Jenkins takes them. */
    static List<Closure> to(Result status, Map<String, Closure> reactions) {
        def wanted = ['always', status.name().toLowerCase()]
        if (status != Result.SUCCESS) wanted << 'unsuccessful'
        (wanted + 'cleanup').collect { reactions[it] }.findAll()
    }
}

class WhenSection extends Names {
    boolean early
    private final List<Boolean> answers = []

    WhenSection(Map params, Map env) { super(params, env) }

    boolean holds(Closure body) { ask(body).every() }

    /** Without it Jenkins asks a person first, and looks then whether the stage is to run at all. */
    @Word
    void beforeInput(boolean isEarly) { early = isEarly }

    @Word
    void branch(String pattern) { answers << (env.BRANCH_NAME != null && Globs.matches(pattern, env.BRANCH_NAME)) }

    @Word(inside = Names, body = Body.GROOVY)
    void expression(Closure body) { answers << (enter(body, this) as boolean) }

    @Word(keys = ['name', 'value'])
    void environment(Map wanted) { answers << (env[wanted.name] == wanted.value) }

    @Word(inside = WhenSection)
    void not(Closure body) { answers << !ask(body).every() }

    @Word(inside = WhenSection)
    void allOf(Closure body) { answers << ask(body).every() }

    @Word(inside = WhenSection)
    void anyOf(Closure body) { answers << ask(body).any() }

    private List<Boolean> ask(Closure body) {
        def inner = new WhenSection(params, env)
        enter(body, inner)
        early = early || inner.early
        inner.answers
    }
}

class Steps extends Names {
    private final Build build
    private final StageRecord record
    private Long deadline

    Steps(Build build, Map env, StageRecord record, Long deadline) {
        super(build.params, env)
        this.build = build
        this.record = record
        this.deadline = deadline
    }

    @Word(keys = ['script', 'label', 'returnStatus', 'returnStdout'])
    Object sh(Object argument) {
        def call = named('script', argument)
        println "+ ${call.script}"
        def process = shell(call.script, call.returnStdout as boolean)
        def output = call.returnStdout ? process.inputStream.text : null
        def exit = process.waitFor()
        record.commands << [script: call.script, exit: exit]
        if (exit != 0 && isOver()) throw new TimedOut("out of time: ${call.script}")
        if (call.returnStatus) return exit
        if (exit != 0) throw new StepFailed("script returned exit code ${exit}: ${call.script}")
        output
    }

    @Word
    void echo(String message) { println message }

    @Word
    void error(String message) { throw new StepFailed(message) }

    @Word(keys = ['testResults', 'allowEmptyResults'])
    void junit(Object argument) {
        def call = named('testResults', argument)
        def reports = Globs.find(build.workspace, call.testResults)
        if (!reports && !call.allowEmptyResults) throw new StepFailed("no test report matches ${call.testResults}")
        build.junit.addAll(reports)
        if (reports.any { hasFailures(build.workspace.resolve(it)) }) record.worsen(Result.UNSTABLE)
    }

    @Word(keys = ['artifacts', 'allowEmptyArchive'])
    void archiveArtifacts(Object argument) {
        def call = named('artifacts', argument)
        def found = Globs.copy(build.workspace, call.artifacts, build.folder('artifacts'))
        if (!found && !call.allowEmptyArchive) throw new StepFailed("no artifact matches ${call.artifacts}")
        build.artifacts.addAll(found)
    }

    @Word(keys = ['name', 'includes'])
    void stash(Map call) {
        if (!Globs.copy(build.workspace, call.includes ?: '**', build.folder("stashes/${call.name}"))) {
            throw new StepFailed("nothing to stash as ${call.name}")
        }
    }

    @Word
    void unstash(String name) {
        def stash = build.folder("stashes/${name}")
        if (!Files.exists(stash)) throw new StepFailed("no stash ${name}")
        Globs.copy(stash, '**', build.workspace)
    }

    @Word(keys = ['time', 'unit'], inside = Steps)
    void timeout(Map limit, Closure body) {
        Long outer = deadline
        deadline = Build.earliest(outer, Build.deadlineIn(OptionsSection.seconds(limit)))
        try {
            enter(body, this)
        } finally {
            deadline = outer
        }
    }

    @Word(inside = Steps, body = Body.GROOVY)
    Object script(Closure body) { enter(body, this) }

    private boolean isOver() { deadline && System.currentTimeMillis() >= deadline }

    private Process shell(String script, boolean captured) {
        def command = ['bash', '-e', '-c', script]
        if (deadline) {
            if (isOver()) throw new TimedOut("out of time before: ${script}")
            long left = deadline - System.currentTimeMillis()
            command = ['timeout', '--kill-after=5', (left / 1000).toString()] + command
        }
        def builder = new ProcessBuilder(command).directory(build.workspace.toFile())
        builder.redirectInput(new File('/dev/null')).redirectError(build.machine.output)
        builder.redirectOutput(build.machine.output)
        if (captured) builder.redirectOutput(ProcessBuilder.Redirect.PIPE)
        builder.environment().clear()
        builder.environment().putAll(env)
        builder.start()
    }

    /** Jenkins lets a step's one required argument stand without its name. */
    private static Map named(String key, Object argument) {
        def call = argument instanceof Map ? argument : [(key): argument]
        if (!(call[key] instanceof CharSequence)) throw new Refused("'${key}' must be a string, not ${call[key]}")
        call + [(key): call[key].toString()]
    }

    private static boolean hasFailures(Path report) {
        new XmlSlurper().parse(report.toFile()).depthFirst().any { it.name() in ['failure', 'error'] }
    }
}

/** The comma-separated file patterns of Jenkins, relative to a folder. */
class Globs {
    static boolean matches(String pattern, String name) {
        // Ant's '**/' also stands for no folder at all, the file system's does not.
        [pattern, pattern.replace('**/', '')].any {
            FileSystems.default.getPathMatcher("glob:${it}").matches(Path.of(name))
        }
    }

    static List<String> find(Path folder, String patterns) {
        patterns.split(',')*.trim().collectMany { pattern ->
            pattern =~ /[*?]/ ? search(folder, pattern) : [pattern].findAll { Files.isRegularFile(folder.resolve(it)) }
        }.unique()
    }

    static List<String> copy(Path from, String patterns, Path to) {
        find(from, patterns).each { name ->
            def target = to.resolve(name)
            Files.createDirectories(target.parent)
            Files.copy(from.resolve(name), target, REPLACE_EXISTING, COPY_ATTRIBUTES)
        }
    }

    private static List<String> search(Path folder, String pattern) {
        def files = Files.walk(folder)
        try {
            files.toArray().findAll { Files.isRegularFile(it) }.collect { folder.relativize(it).toString() }
                .findAll { matches(pattern, it) }.sort()
        } finally {
            files.close()
        }
    }
}

enum Result {
    SUCCESS, UNSTABLE, FAILURE, ABORTED, SKIPPED

    boolean isBroken() { this in [FAILURE, ABORTED] }
}

class StageRecord {
    final String name
    final List<Map> commands = new CopyOnWriteArrayList<>()
    private Result status = Result.SUCCESS
    private String reason

    StageRecord(String name) { this.name = name }

    synchronized Result getStatus() { status }

    synchronized void worsen(Result other, String why = null) {
        if (other <= status) return
        status = other
        reason = why
    }

    Map toMap() { [name: name, status: status.name(), reason: reason, commands: commands] }
}

/** What a build finds: variables, and the file that is its console. */
class Machine {
    final Map<String, String> environment
    final File console

    Machine(Map<String, String> environment, File console) {
        this.environment = environment
        this.console = console
    }

    ProcessBuilder.Redirect getOutput() { ProcessBuilder.Redirect.appendTo(console) }
}

class Build {
    final Machine machine
    final Path workspace
    final Map<String, Object> params
    final List<String> artifacts = new CopyOnWriteArrayList<>()
    final List<String> junit = new CopyOnWriteArrayList<>()
    private final Path recordFile
    private final PipelineSection pipeline
    private final Map<String, String> env
    private final Long deadline
    private final List<StageRecord> stages = new CopyOnWriteArrayList<>()
    private final StageRecord whole = new StageRecord('pipeline')

    Build(Machine machine, PipelineSection pipeline, List<Path> paths, String branch, Map<String, String> given) {
        this.machine = machine
        this.pipeline = pipeline
        (workspace, recordFile) = paths
        params = pipeline.declared.values(given)
        env = environment(branch, given.isEmpty())
        deadline = pipeline.settings.seconds ? deadlineIn(pipeline.settings.seconds) : null
    }

    static long deadlineIn(long seconds) { System.currentTimeMillis() + seconds * 1000 }

    static Long earliest(Long one, Long other) { [one, other].findAll().min() }

    Path folder(String name) { recordFile.resolveSibling(name) }

    Result run() {
        perform(whole, pipeline, env) { variables -> runInTurn(pipeline.children, pipeline.node, variables, whole) }
        whole.status
    }

    void write() {
        def record = [
            result: whole.status.name(), reason: whole.reason, parameters: params, stages: stages*.toMap(),
            post: whole.commands, artifacts: artifacts, junit: junit,
        ]
        recordFile.text = JsonOutput.prettyPrint(JsonOutput.toJson(record))
    }

    private Map<String, String> environment(String branch, boolean firstBuild) {
        def inherited = machine.environment.findAll { !(it.key in params.keySet()) }
        def visible = firstBuild ? [:] : params.collectEntries { name, value -> [name, value.toString()] }
        def own = [BRANCH_NAME: branch, BUILD_NUMBER: firstBuild ? '1' : '2', WORKSPACE: workspace.toString()]
        inherited + visible + own
    }

    private void runInTurn(List<StageSection> sections, String node, Map env, StageRecord parent) {
        sections.each { section ->
            parent.status.broken ? skip(section) : runStage(section, section.node ?: node, env, parent)
        }
    }

    private void runSideBySide(List<StageSection> sections, String node, Map env, StageRecord parent) {
        def refusals = new CopyOnWriteArrayList<Throwable>()
        sections.collect { section ->
            Thread.start {
                try {
                    runStage(section, section.node ?: node, env, parent)
                } catch (Throwable refusal) {
                    refusals << refusal
                }
            }
        }*.join()
        if (refusals) throw refusals.first()
    }

    private void skip(StageSection section) {
        def record = new StageRecord(section.name)
        record.worsen(Result.SKIPPED)
        stages << record
        section.children.each { skip(it) }
    }

    private void runStage(StageSection section, String node, Map env, StageRecord parent) {
        def when = new WhenSection(params, env)
        def unwanted = section.condition && !when.holds(section.condition)
        if (unwanted && (when.early || !section.asked)) {
            skip(section)
            return
        }
        println "== ${section.name}"
        def record = new StageRecord(section.name)
        stages << record
        perform(record, section, env + [STAGE_NAME: section.name]) { variables ->
            if (section.asked) variables.putAll(section.asked.answer(variables))
            if (unwanted) return
            if (section.work) work(section.work, node, variables, record)
            else if (section.sideBySide) runSideBySide(section.children, node, variables, record)
            else runInTurn(section.children, node, variables, record)
        }
        parent.worsen(record.status, record.reason)
    }

    private void work(Closure body, String node, Map env, StageRecord record) {
        if (node == 'none') throw new StepFailed("stage ${record.name} has no agent")
        Names.enter(body, new Steps(this, env, record, deadline))
    }

    /** Does a block's work with its environment, then takes its post reactions, whatever happened. */
    private void perform(StageRecord record, Block block, Map env, Closure work) {
        def variables = new LinkedHashMap(env)
        guard(record) {
            if (block.variables) Names.enter(block.variables, new EnvironmentSection(params, variables))
            work(variables)
        }
        PostSection.to(record.status, block.reactions).each { reaction ->
            guard(record) { Names.enter(reaction, new Steps(this, variables, record, null)) }
        }
    }

    private static void guard(StageRecord record, Closure work) {
        try {
            work()
        } catch (Refused | MissingMethodException | MissingPropertyException refusal) {
            throw refusal
        } catch (TimedOut late) {
            println "ABORTED: ${late.message}"
            record.worsen(Result.ABORTED, late.message)
        } catch (Exception failure) {
            println "ERROR: ${failure.message}"
            record.worsen(Result.FAILURE, failure.message)
        }
    }
}

static Map<String, String> parseParameters(List<String> arguments) {
    arguments.collectEntries { argument ->
        if (!argument.contains('=')) throw new Refused("a parameter is written NAME=VALUE, not ${argument}")
        argument.split('=', 2) as List
    }
}

static PipelineSection parse(File jenkinsfile) {
    if (!jenkinsfile.file) throw new Refused("no such file: ${jenkinsfile}")
    WordCheck.check(jenkinsfile.text)
    def top = new JenkinsfileSection()
    new GroovyShell(new Binding(pipeline: top.&pipeline)).evaluate(jenkinsfile)
    if (!top.pipeline) throw new Refused('the Jenkinsfile has no pipeline')
    top.pipeline
}

static int run(Machine machine, List<String> arguments) {
    if (arguments.size() < 4) {
        throw new Refused('a build needs JENKINSFILE WORKSPACE RECORD BRANCH [NAME=VALUE ...]')
    }
    def (jenkinsfile, workspace, record, branch) = arguments
    def paths = [workspace, record].collect { Path.of(it).toAbsolutePath() }
    def given = parseParameters(arguments.drop(4))
    def build = new Build(machine, parse(new File(jenkinsfile)), paths, branch, given)
    def result = build.run()
    build.write()
    println "Finished: ${result}"
    result == Result.SUCCESS ? 0 : 1
}

static int exitCode(Machine machine, List<String> arguments) {
    try {
        run(machine, arguments)
    } catch (Refused | MissingMethodException | MissingPropertyException | CompilationFailedException refusal) {
        println "refused: ${refusal.message}"
        2
    } catch (Throwable fault) {
        fault.printStackTrace(System.out)
        1
    }
}

def answers = System.out
System.in.eachLine { line ->
    def asked = new JsonSlurper().parseText(line)
    def machine = new Machine(asked.environment, new File(asked.console))
    new PrintStream(new FileOutputStream(machine.console, true), true).withCloseable { console ->
        System.out = console
        answers.println(exitCode(machine, asked.arguments))
        answers.flush()
    }
}
