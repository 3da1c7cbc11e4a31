import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.apache.kafka.common.record.internal.CompressionType;

/** Packs files as Kafka's own codec does, records of 112 bytes written one by one: `java -cp 'kafka/libs/*' Pack.java CODEC IN OUT [IN OUT …]`. */
class Pack {
    public static void main(String[] args) throws Exception {
        CompressionType codec = CompressionType.forName(args[0]);
        for (int i = 1; i < args.length; i += 2) {
            byte[] bytes = Files.readAllBytes(Path.of(args[i]));
            ByteBufferOutputStream packed = new ByteBufferOutputStream(bytes.length + 1024);
            try (OutputStream into = Compression.of(codec).build().wrapForOutput(packed, (byte) 2)) {
                for (int at = 0; at < bytes.length; at += 112) into.write(bytes, at, Math.min(112, bytes.length - at));
            }
            Files.write(Path.of(args[i + 1]), Arrays.copyOf(packed.buffer().array(), packed.position()));
        }
    }
}
