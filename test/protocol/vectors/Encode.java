import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Has Kafka's own code encode the values of vectors.jsonl: reads its lines, puts "bytes" into each that has none and whose version this
 * Kafka speaks. Run it with the jars of each release in turn, the newest first:
 *   java -cp '.../kafka-4.4.0/libs/*' Encode.java < values.jsonl > some.jsonl
 *   java -cp '.../kafka-3.9.2/libs/*' Encode.java < some.jsonl > vectors.jsonl
 */
public class Encode {
    public static void main(String[] args) throws Exception {
        ObjectMapper json = new ObjectMapper();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            ObjectNode vector = (ObjectNode) json.readTree(line);
            short version = (short) vector.get("version").asInt();
            boolean isRequest = vector.get("type").asText().equals("request");
            if (!vector.has("bytes") && speaks(vector.get("key").asInt(), version)) {
                ApiMessageType api = ApiMessageType.fromApiKey((short) vector.get("key").asInt());
                ApiMessage message = isRequest ? api.newRequest() : api.newResponse();
                vector.put("bytes", encode(message.getClass(), vector.get("value"), version));
            }
            System.out.println(json.writeValueAsString(vector));
        }
    }

    private static boolean speaks(int key, short version) {
        for (ApiMessageType api : ApiMessageType.values())
            if (api.apiKey() == key) return version >= api.lowestSupportedVersion() && version <= api.highestSupportedVersion(true);
        return false;
    }

    private static String encode(Class<?> type, JsonNode value, short version) throws Exception {
        Class<?> converter = Class.forName(type.getName() + "JsonConverter");
        ApiMessage message = (ApiMessage) converter.getMethod("read", JsonNode.class, short.class).invoke(null, value, version);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        return HexFormat.of().formatHex(buffer.array());
    }
}
