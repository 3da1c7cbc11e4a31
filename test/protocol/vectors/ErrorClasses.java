import org.apache.kafka.common.errors.ApplicationRecoverableException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.RefreshRetriableException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.protocol.Errors;

/**
 * Has Kafka's own exceptions say in which of KIP-1050's classes each error code is, as lines of JSON:
 *   java -cp '.../kafka-4.4.0/libs/*' ErrorClasses.java > error-classes.jsonl
 */
public class ErrorClasses {
    public static void main(String[] args) {
        for (Errors error : Errors.values()) {
            Throwable exception = error.exception();
            String category =
                exception instanceof RefreshRetriableException ? "\"refreshRetriable\""
                : exception instanceof RetriableException ? "\"retriable\""
                : exception instanceof TransactionAbortableException ? "\"abortable\""
                : exception instanceof ApplicationRecoverableException ? "\"applicationRecoverable\""
                : exception instanceof InvalidConfigurationException ? "\"invalidConfiguration\""
                : "null";
            if (exception != null)
                System.out.println("{\"code\":" + error.code() + ",\"name\":\"" + error + "\",\"category\":" + category + "}");
        }
    }
}
