import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.monitor.MatchingQueries;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorConfiguration;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.MultipassTermFilteredPresearcher;
import org.apache.lucene.monitor.Presearcher;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.queryparser.flexible.core.QueryNodeException;
import org.apache.lucene.queryparser.flexible.standard.StandardQueryParser;

/**
 * Lucene Monitor as a contender: commands on stdin, one JSON line each on stdout.
 *
 * <p>Arguments: a folder with {@code queries.tsv} (id, query) and {@code NAME.tsv} (title, text: one
 * item a line), and the presearcher, {@code multipass} or {@code term}. When the queries are
 * registered it says {@code {"build_s", "rules"}}. Then {@code pass NAME COUNT} answers the
 * nanoseconds each of the first COUNT items took, {@code hits NAME COUNT} the ids of the queries
 * that matched each.
 *
 * <p>Words are cut by the Unicode rules, in small letters, and stemmed by Porter2; no stop words. An
 * item is one field with two values, title and text, so nothing is near or a phrase across them.
 */
public final class LuceneMonitorBench {
  private static final String FIELD = "body";

  /** Positions between title and text: more than any rule's reach. */
  private static final int GAP_WORDS = 1_000;

  /** Queries indexed at once while registering: one flush, as fast as it gets. */
  private static final int UPDATE_BUFFER_QUERIES = 50_000;

  private static final int PASSES_OF_MULTIPASS = 2;

  private final Path folder;
  private final Monitor monitor;
  private final Map<String, List<String[]>> items = new HashMap<>();

  private LuceneMonitorBench(Path folder, Monitor monitor) {
    this.folder = folder;
    this.monitor = monitor;
  }

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Analyzer analyzer = new StemmedWords();
    MonitorConfiguration configuration = new MonitorConfiguration();
    configuration.setQueryUpdateBufferSize(UPDATE_BUFFER_QUERIES);
    List<String[]> queries = read(folder.resolve("queries.tsv"));
    long start = System.nanoTime();
    try (Monitor monitor = new Monitor(analyzer, presearcher(arguments[1]), configuration)) {
      monitor.register(parsed(queries, analyzer));
      double seconds = (System.nanoTime() - start) / 1e9;
      say("{\"build_s\": " + seconds + ", \"rules\": " + monitor.getQueryCount() + "}");
      new LuceneMonitorBench(folder, monitor).answer();
    }
  }

  private static Presearcher presearcher(String name) {
    return switch (name) {
      case "multipass" -> new MultipassTermFilteredPresearcher(PASSES_OF_MULTIPASS);
      case "term" -> new TermFilteredPresearcher();
      default -> throw new IllegalArgumentException("no presearcher " + name);
    };
  }

  private static List<MonitorQuery> parsed(List<String[]> queries, Analyzer analyzer)
      throws QueryNodeException {
    StandardQueryParser parser = new StandardQueryParser(analyzer);
    List<MonitorQuery> parsed = new ArrayList<>(queries.size());
    for (String[] query : queries) {
      parsed.add(new MonitorQuery(query[0], parser.parse(query[1], FIELD)));
    }
    return parsed;
  }

  private void answer() throws IOException {
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] command = line.trim().split(" ");
      List<String[]> chosen = items(command[1]).subList(0, Integer.parseInt(command[2]));
      say(command[0].equals("pass") ? pass(chosen) : hits(chosen));
    }
  }

  private List<String[]> items(String name) throws IOException {
    if (!items.containsKey(name)) {
      items.put(name, read(folder.resolve(name + ".tsv")));
    }
    return items.get(name);
  }

  private String pass(List<String[]> chosen) throws IOException {
    long[] spent = new long[chosen.size()];
    for (int i = 0; i < spent.length; i++) {
      long start = System.nanoTime();
      match(chosen.get(i));
      spent[i] = System.nanoTime() - start;
    }
    return "{\"ns\": " + Arrays.toString(spent) + "}";
  }

  private String hits(List<String[]> chosen) throws IOException {
    List<String> each = new ArrayList<>();
    for (String[] item : chosen) {
      each.add(
          match(item).getMatches().stream()
              .map(match -> '"' + match.getQueryId() + '"')
              .collect(Collectors.joining(", ", "[", "]")));
    }
    return "{\"hits\": [" + String.join(", ", each) + "]}";
  }

  private MatchingQueries<QueryMatch> match(String[] item) throws IOException {
    Document document = new Document();
    document.add(new TextField(FIELD, item[0], Field.Store.NO));
    document.add(new TextField(FIELD, item[1], Field.Store.NO));
    return monitor.match(document, QueryMatch.SIMPLE_MATCHER);
  }

  private static List<String[]> read(Path path) throws IOException {
    List<String[]> rows = new ArrayList<>();
    for (String line : Files.readAllLines(path, StandardCharsets.UTF_8)) {
      rows.add(line.split("\t", 2));
    }
    return rows;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static final class StemmedWords extends Analyzer {
    @Override
    protected TokenStreamComponents createComponents(String field) {
      Tokenizer words = new StandardTokenizer();
      TokenStream stems = new SnowballFilter(new LowerCaseFilter(words), "English");
      return new TokenStreamComponents(words, stems);
    }

    @Override
    public int getPositionIncrementGap(String field) {
      return GAP_WORDS;
    }
  }
}
